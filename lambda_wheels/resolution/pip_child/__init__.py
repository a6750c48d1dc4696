"""Run pip for a Lambda target: what the pip child executes. (In pip's process, alone there.)

pip imports it in a process of its own, started with ``-I`` so that neither the working directory nor PYTHONPATH can
put another pip in its way; hence it imports nothing of ours but itself. ``main`` follows instructions, changes what pip
decides wrongly for another machine, runs ``pip install --dry-run``, and tells what happened as JSON lines, since pip's
exit code and words are the same for most failures.

What is changed inside pip, each in one module:

- ``configuration``: keeps what says where from, drops what changes target, place or selection;
- ``only_wheels``: nothing but wheels is prepared, from wherever it is named;
- ``requirement_files``: none brings in a variable, or what is no requirement file;
- ``no_programs``: nothing is started, but by a keyring that is asked for a password;
- ``endless``: what drips or never ends is given up;
- ``again``: what may pass is tried again, after pauses as long as they help;
- ``pages``: every index page is looked at, and told of;
- ``credentials``: what pip is known by is learnt, so that nothing repeats it;
- ``preferences``: what a lock has is tried first;
- ``downloads``: what pip downloads is handed over before pip throws it away;
- ``turns``: of all processes that want a wheel one downloads it;
- ``discarded``: a wheel whose metadata pip does not take is told of;
- ``failures``: the exception that ends pip is told as data.
"""
