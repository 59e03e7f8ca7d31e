"""`marquee doctor`: examines the machine, the settings and every service that they name.

Looks only: makes no database, sends no mail, takes no money. Must never show a secret.
"""

from marquee.doctor.examination import examine
from marquee.doctor.finding import Finding, Verdict

__all__ = ["Finding", "Verdict", "examine"]
