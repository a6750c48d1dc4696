"""Where wheels stay: content-addressed, atomic, shared by processes. (Reads and writes the disk.)"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambda_wheels.doors import opened_later
from lambda_wheels.store.place import StoredWheel
from lambda_wheels.store.store import LOCKS, Store, default_folder, lock_output, open_store

if TYPE_CHECKING:
    from lambda_wheels.store.care import StoreInfo
    from lambda_wheels.store.packs import Pack

__all__ = ["LOCKS", "Pack", "Store", "StoreInfo", "StoredWheel", "default_folder", "lock_output", "open_store"]

__getattr__ = opened_later(__name__, {"Pack": "packs", "StoreInfo": "care"})
