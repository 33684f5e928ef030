#!/usr/bin/python3
"""Packs what was built, for the tests beside this.

    pack.py BUILD PACKAGES     folders: of the build, and where the packages shall be
"""

import pathlib
import shutil
import sys

import packages

build, folder = [pathlib.Path(each) for each in sys.argv[1:]]
shutil.rmtree(folder, ignore_errors=True)
folder.mkdir(parents=True)
for package in packages.pack(build, folder).values():
    print(package.path)
