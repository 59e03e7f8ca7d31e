"""QR codes, tokens and order numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.tickets.domain.codes import (
    is_genuine,
    make_code,
    make_token,
    new_order_number,
    read_code,
    read_token,
)

NOW = datetime(2026, 1, 15, 18, 0, tzinfo=UTC)
KEY = b"k" * 32


class TestCodes:
    ticket_id = new_id("tkt", NOW)

    def test_a_code_is_read_back_and_genuine_for_its_showtime_alone(self) -> None:
        text = make_code(KEY, self.ticket_id, "sht_1", 3)
        code = read_code(f" {text.lower()} ")
        assert code is not None
        assert (code.ticket_id, code.version) == (self.ticket_id, 3)
        assert is_genuine(code, KEY, "sht_1")
        assert not is_genuine(code, KEY, "sht_2")
        assert not is_genuine(code, b"x" * 32, "sht_1")
        assert not is_genuine(replace(code, version=4), KEY, "sht_1")

    def test_a_code_fits_the_compact_alphabet_of_qr(self) -> None:
        text = make_code(KEY, self.ticket_id, "sht_1", 1)
        assert set(text) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")
        assert len(text) < 60

    @given(st.text(max_size=300))
    def test_any_text_is_no_code(self, text: str) -> None:
        assert read_code(text) is None

    @given(st.text(max_size=300))
    def test_no_text_is_a_token_by_chance(self, text: str) -> None:
        assert read_token(KEY, text) is None

    def test_a_token_speaks_for_one_thing(self) -> None:
        token = make_token(KEY, "hold_1")
        assert read_token(KEY, token) == "hold_1"
        assert read_token(b"x" * 32, token) is None
        assert read_token(KEY, token.replace("hold_1", "hold_2")) is None

    def test_an_order_number_can_be_read_out_loud(self) -> None:
        number = new_order_number()
        assert len(number) == 12
        assert not set(number[3:]) & set("01IO")
