"""Writes the tables of this folder with Python's own csv and json modules: python3 make.py"""
import csv
import json

ROWS = [
    ("1.png", "a disc, red"),
    ("2.png", 'the "square"'),
    ("3.png", "two\nlines"),
    ("vier/4.png", "ein Kreis; größer"),
    ("1.png", "again"),
]


def write(name, encoding, dialect, **options):
    with open(name, "w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, dialect, **options)
        writer.writerow(["id", "file_name", "caption"])
        writer.writerows([i, *row] for i, row in enumerate(ROWS))


write("comma.csv", "utf-8", "excel")
write("semicolon.csv", "utf-8-sig", "excel", delimiter=";")
write("unix.csv", "utf-16", "unix")
write("tab.tsv", "utf-8", "excel-tab")
with open("lines.jsonl", "w", encoding="utf-8") as file:
    for i, (name, caption) in enumerate(ROWS):
        file.write(json.dumps({"id": i, "file_name": name, "caption": caption}) + "\n")
