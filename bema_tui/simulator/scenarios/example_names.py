"""Names in many scripts and e-mails for them; all e-mails are of the example domains."""

from __future__ import annotations

HOSTILE_NAME = "[/bold][red]"
HOSTILE_LAST_NAME = "O\x1b[31mEvil\x1b]0;owned\x07\x9b2J\u202eztirK"
"""Escape sequences (CSI, OSC, C1) and a bidi override, as a form on the web may let through."""

NAMES = (
    ("Olga", "Ivanova", "olga.ivanova"),
    ("Ольга", "Иванова", "olga.i"),
    ("José", "García Márquez", "jose.garcia"),
    ("Siobhán", "O'Brien", "siobhan.obrien"),
    ("D’Angelo", "Saint-Jean", "dangelo"),
    ("李", "小龍", "li.xiaolong"),
    ("さくら", "田中", "sakura.tanaka"),
    ("지민", "박", "jimin.park"),
    ("محمد", "الأحمد", "mohammed.a"),
    ("נועה", "לוי", "noa.levi"),
    ("अनुष्का", "शर्मा", "anushka.s"),
    ("Adébáyọ̀", "Òkè", "adebayo.oke"),
    ("Zoë", "Mu\u0308ller", "zoe.mueller"),
    ("Łukasz", "Żółć", "lukasz.zolc"),
    ("Þórdís", "Ægisdóttir", "thordis"),
    ("Jean-Luc", "d'Arc", "jeanluc.darc"),
    ("Nguyễn", "Thị Hương", "huong.nguyen"),
    ("Γιώργος", "Παπαδόπουλος", "giorgos.p"),
    ("สมชาย", "ใจดี", "somchai"),
    ("Ngozi", "Eze", "ngozi.eze"),
    ("Ravi", "Menon", "ravi.menon"),
    ("Emma", "Smith", "emma.smith"),
    ("Liam", "Jones", "liam.jones"),
    ("Chloé", "Dubois", "chloe.dubois"),
    ("Tunde", "Mensah", "tunde.mensah"),
    ("Cher", "", "cher"),
    ("", "", "listener"),
    ("Maximiliane-Katharina", "von und zu Hohenstein-Wartenberg", "maximiliane"),
)
DOMAINS = ("example.com", "example.org", "example.net", "mail.example.com", "post.example.org")


def example_email(place: int, ascii_name: str) -> str:
    """Returns an e-mail that no other place gets; every fifteenth has a plus part."""
    tag = "+music" if place % 15 == 7 else ""
    return f"{ascii_name}{place}{tag}@{DOMAINS[place % len(DOMAINS)]}"
