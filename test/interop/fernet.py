"""Fernet as Python's cryptography has it. Settings: {"keys"}. Each line of standard input is a command, answered by a line:

  {"id", "do": "encrypt" | "decrypt" | "rotate", "texts": [...]}
"""

import json
import sys

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

ring = MultiFernet([Fernet(key) for key in json.loads(sys.argv[1])["keys"]])


def answer(do, text):
    try:
        return getattr(ring, do)(text.encode()).decode()
    except InvalidToken:
        return None


print("ready", flush=True)
for line in sys.stdin:
    command = json.loads(line)
    answers = [answer(command["do"], text) for text in command["texts"]]
    print(command["id"], json.dumps(answers), flush=True)
