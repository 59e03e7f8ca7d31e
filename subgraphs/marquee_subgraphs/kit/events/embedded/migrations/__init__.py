"""The history of the embedded broker's file, which is brought up to date whenever it is opened."""

from pathlib import Path

from marquee_subgraphs.kit.database import History
from marquee_subgraphs.kit.events.embedded.deliveries import BROKER_TABLES

HISTORY = History("broker", BROKER_TABLES, Path(__file__).parent)
