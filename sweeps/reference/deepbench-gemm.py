"""Prints the GEMMs of a workbook of baidu-research/DeepBench as CSV, for `hovera import csv` with the map beside this file.

    python3 sweeps/reference/deepbench-gemm.py results/train/DeepBench_NV_V100.xlsx > v100.csv

A workbook is a zip of XML. Of the sheet of 16-bit products the rows below "Dense Matrix Multiplication" are taken. Its times
are whole microseconds that were rounded down: those below 50 are left out, so that no row is off by more than 2 %.
"""

import sys
import xml.etree.ElementTree as ET
from zipfile import ZipFile

SHEET = "Results - FP16 ip, Mixed math"
LEAST_MS = 0.05
NS = {"s": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def column(reference):
    """The letters of a cell's reference: AB of AB12."""
    return reference.rstrip("0123456789")


def rows(book):
    """The rows of the sheet, each a dictionary of column and text."""
    sheets = ET.fromstring(book.read("xl/workbook.xml")).find("s:sheets", NS)
    wanted = next(sheet.get(ID) for sheet in sheets if sheet.get("name") == SHEET)
    parts = ET.fromstring(book.read("xl/_rels/workbook.xml.rels"))
    path = next(part.get("Target") for part in parts if part.get("Id") == wanted)
    items = ET.fromstring(book.read("xl/sharedStrings.xml")).findall("s:si", NS)
    shared = ["".join(item.itertext()) for item in items]
    for row in ET.fromstring(book.read("xl/" + path.removeprefix("/xl/"))).iterfind(".//s:row", NS):
        cells = {}
        for cell in row.iterfind("s:c", NS):
            value = cell.find("s:v", NS)
            if value is not None:
                text = shared[int(value.text)] if cell.get("t") == "s" else value.text
                cells[column(cell.get("r"))] = text.strip()
        yield cells


print("m,n,k,trans_a,trans_b,ms")
inside = False
for cells in rows(ZipFile(sys.argv[1])):
    if "A" in cells:
        inside = cells["A"] == "Dense Matrix Multiplication"
        continue
    fields = [cells.get(letter, "") for letter in "CDEFGI"]
    if inside and all(fields) and float(fields[-1]) >= LEAST_MS:
        print(",".join(fields))
