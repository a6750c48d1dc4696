"""Where wheels stay: content-addressed, atomic, shared by processes. (Reads and writes the disk.)"""

from __future__ import annotations

from lambda_wheels.store.care import StoreInfo
from lambda_wheels.store.packs import Pack
from lambda_wheels.store.place import StoredWheel
from lambda_wheels.store.store import Store, default_folder, lock_output, open_store

__all__ = ["Pack", "Store", "StoreInfo", "StoredWheel", "default_folder", "lock_output", "open_store"]
