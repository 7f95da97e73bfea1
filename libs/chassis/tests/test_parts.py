"""Sweeps, projections, transitions, pages, files and mail, each against the real thing."""

import asyncio
import socket
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from io import BytesIO
from uuid import uuid4

import aiormq
import chassis_probe as probe
import pytest
from aiosmtpd.controller import Controller
from fastapi import UploadFile
from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from chassis import batch_publish, sweeps
from chassis.clock import business_date
from chassis.db import Database, upsert_newer
from chassis.errors import Forbidden, IllegalMove, InvalidRequest
from chassis.files import JPEG, PDF, PNG, FileMissing, FileNotAccepted, FileStore, FileTooLarge, attachment, clean_name
from chassis.mail import Mailer, Templates
from chassis.pagination import PageRequest, page_of
from chassis.rows import Base, new_id
from chassis.sweeps import Sweep, run_if_due
from chassis.testing import small_pdf
from chassis.transitions import check_move, moves


class Projection(Base):
    __tablename__ = "projections"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    version: Mapped[int]


class Item(Base):
    __tablename__ = "items"
    id: Mapped[__import__("uuid").UUID] = mapped_column(primary_key=True)
    owner: Mapped[str]


class TestSweep:
    async def test_due_on_ten_replicas_at_once_it_runs_once(self, database_url):
        replicas = [Database(database_url, pool_size=1) for _ in range(10)]
        ran = []

        async def run(tx, as_of):
            ran.append(as_of)
            await probe.record_effect(probe.cra_validated(), tx)

        sweep = Sweep("test", timedelta(days=1), run)
        now = datetime(2026, 11, 21, 10, tzinfo=UTC)
        outcomes = await asyncio.gather(*(run_if_due(replica, sweep, now) for replica in replicas))
        assert sorted(outcomes) == [False] * 9 + [True]
        assert await probe.counts(replicas[0]) == (1, 1)
        for replica in replicas:
            await replica.close()

    async def test_it_runs_again_in_the_next_period_and_not_before(self, database):
        async def run(tx, as_of):
            await probe.record_effect(probe.cra_validated(), tx)

        sweep = Sweep("test", timedelta(days=1), run)
        last_second = datetime(2026, 11, 21, 23, 59, 59, tzinfo=UTC)
        assert await run_if_due(database, sweep, datetime(2026, 11, 21, tzinfo=UTC))
        assert not await run_if_due(database, sweep, last_second)
        assert await run_if_due(database, sweep, last_second + timedelta(seconds=1))

    async def test_one_with_much_to_do_goes_on_after_a_crash_where_it_stopped(self, database):
        left = [1, 2, 3]

        async def run(tx, as_of):
            if len(left) == 2 and crash:
                raise RuntimeError
            left.pop()
            await probe.record_effect(probe.cra_validated(), tx)
            return bool(left)

        sweep, crash = Sweep("test", timedelta(days=1), run), True
        with pytest.raises(RuntimeError):
            await run_if_due(database, sweep, datetime(2026, 11, 21, tzinfo=UTC))
        assert await probe.counts(database) == (1, 1)
        crash = False
        assert await run_if_due(database, sweep, datetime(2026, 11, 21, tzinfo=UTC))
        assert await probe.counts(database) == (3, 3)
        assert not await run_if_due(database, sweep, datetime(2026, 11, 21, tzinfo=UTC))

    async def test_a_failed_run_leaves_no_claim(self, database):
        async def fail(tx, as_of):
            raise RuntimeError

        now = datetime(2026, 11, 21, tzinfo=UTC)
        with pytest.raises(RuntimeError):
            await run_if_due(database, Sweep("test", timedelta(days=1), fail), now)

        async def work(tx, as_of): ...

        assert await run_if_due(database, Sweep("test", timedelta(days=1), work), now)

    @pytest.mark.parametrize(
        ("asked", "meant"),
        [
            ("2026-12-01", datetime(2026, 12, 1, tzinfo=UTC)),
            ("2026-12-01T00:30", datetime(2026, 12, 1, 0, 30, tzinfo=UTC)),
            ("2026-12-01T00:30+01:00", datetime(2026, 11, 30, 23, 30, tzinfo=UTC)),
        ],
    )
    async def test_by_hand_it_runs_as_of_the_very_instant_asked_for(
        self, settings_for, database_url, monkeypatch, asked, meant
    ):
        ran = []

        async def run(tx, as_of):
            ran.append(as_of)

        monkeypatch.setattr("chassis.settings.get_settings", lambda: settings_for(database_url))
        await sweeps._run_once(Sweep("test", timedelta(days=1), run), datetime.fromisoformat(asked))
        assert ran == [meant]

    def test_an_unknown_sweep_is_named(self, monkeypatch, capsys):
        with pytest.raises(SystemExit):
            sweeps.main(["timesheet", "nothing_like_it"])
        assert "known sweeps" in capsys.readouterr().err


class TestProjection:
    async def test_a_stale_version_never_overwrites_a_newer_one(self, database):
        written = []
        for name, version in (("second", 2), ("first", 1), ("second again", 2), ("third", 3)):
            async with database.transaction() as tx:
                written.append(await upsert_newer(tx, Projection, {"id": "a", "name": name, "version": version}))
        async with database.transaction() as tx:
            row = (await tx.scalars(select(Projection))).one()
        assert written == [True, False, False, True]
        assert (row.name, row.version) == ("third", 3)


class Light(StrEnum):
    RED = "red"
    GREEN = "green"


class Who(StrEnum):
    DRIVER = "driver"
    OFFICER = "officer"


class TestTransitions:
    TABLE = {Light.GREEN: moves({Light.RED}, {Who.OFFICER})}

    def test_the_table_decides(self):
        assert check_move(self.TABLE, Light.RED, Light.GREEN, Who.OFFICER) is Light.GREEN

    @pytest.mark.parametrize(
        ("present", "target", "who", "error"),
        [
            (Light.RED, Light.GREEN, Who.DRIVER, Forbidden),
            (Light.GREEN, Light.GREEN, Who.OFFICER, IllegalMove),
            (Light.GREEN, Light.RED, Who.OFFICER, IllegalMove),
        ],
    )
    def test_any_other_move_is_refused(self, present, target, who, error):
        with pytest.raises(error):
            check_move(self.TABLE, present, target, who)


class TestPages:
    async def test_every_item_is_met_once_newest_first(self, database):
        mine = [new_id() for _ in range(7)]
        async with database.transaction() as tx:
            tx.add_all([Item(id=item, owner="me") for item in mine] + [Item(id=new_id(), owner="rival")])
        met, cursor = [], None
        while True:
            async with database.transaction() as tx:
                query = select(Item).where(Item.owner == "me")
                page = await page_of(tx, query, Item.id, PageRequest(3, cursor), lambda row: row.id)
            met += page.items
            cursor = page.next
            if cursor is None:
                break
        assert met == sorted(mine, reverse=True)

    @pytest.mark.parametrize("cursor", ["x", "abcd", "A" * 60])
    def test_a_foreign_cursor_is_refused(self, cursor):
        with pytest.raises(InvalidRequest):
            PageRequest(3, cursor)


PDF_BYTES = small_pdf()


class TestFiles:
    @pytest.fixture
    def files(self, tmp_path):
        return FileStore(f"file://{tmp_path}/kept")

    async def test_a_pdf_is_kept_hashed_and_read_back(self, files):
        kept = await files.keep(UploadFile(BytesIO(PDF_BYTES), filename="été.pdf"), accept=frozenset({PDF}))
        assert (kept.media_type, kept.size, kept.name) == (PDF, len(PDF_BYTES), "été.pdf")
        assert len(kept.sha256) == 64
        assert await files.read(kept.key) == PDF_BYTES
        answer = attachment(kept, PDF_BYTES)
        assert answer.headers["content-disposition"].startswith("attachment;")
        assert answer.headers["x-content-type-options"] == "nosniff"

    @pytest.mark.parametrize(
        ("content", "name"),
        [
            (b"", "a.pdf"),
            (b"<html><script>", "a.pdf"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'>", "a.png"),
            (b"MZ" + b"\0" * 100, "a.pdf"),
            (b"PK\x03\x04" + b"\0" * 40, "a.pdf"),
            (PDF_BYTES, "a.exe"),
            (PDF_BYTES, "a.png"),
            (PDF_BYTES, ""),
            (b"GIF89a" + PDF_BYTES, "a.pdf"),
        ],
    )
    async def test_what_is_not_what_it_claims_is_refused(self, files, content, name):
        with pytest.raises(FileNotAccepted):
            await files.keep(UploadFile(BytesIO(content), filename=name), accept=frozenset({PDF, PNG, JPEG}))

    async def test_the_limit_is_taken_and_one_byte_more_is_not(self, files):
        accept = frozenset({PDF})
        await files.keep(UploadFile(BytesIO(PDF_BYTES), filename="a.pdf"), accept=accept, limit=len(PDF_BYTES))
        with pytest.raises(FileTooLarge):
            await files.keep(UploadFile(BytesIO(PDF_BYTES), filename="a.pdf"), accept=accept, limit=len(PDF_BYTES) - 1)

    async def test_a_missing_file_is_a_404(self, files):
        with pytest.raises(FileMissing):
            await files.read("0" * 32)

    @pytest.mark.parametrize(
        ("given", "safe"),
        [
            ("../../etc/passwd.pdf", "passwd.pdf"),
            ("a\u202efdp.exe", "afdp.exe"),
            ('a"b\x00.pdf', "ab.pdf"),
            ("", "file"),
        ],
    )
    def test_a_name_is_made_safe(self, given, safe):
        assert clean_name(given) == safe


class TestMail:
    async def test_both_parts_arrive_escaped_with_our_message_id(self, tmp_path):
        (tmp_path / "hello.fr.txt").write_text(
            "{% block subject %}Bonjour {{ name }}{% endblock %}\nBonjour {{ name }}, à bientôt.\n"
        )
        (tmp_path / "hello.fr.mjml").write_text(
            "<mjml><mj-body><mj-section><mj-column><mj-text>Bonjour {{ name }}</mj-text>"
            "</mj-column></mj-section></mj-body></mjml>"
        )
        received = []

        class Catcher:
            async def handle_DATA(  # noqa: N802 - aiosmtpd's name
                self, server, session, envelope
            ):
                received.append(envelope)
                return "250 kept"

        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        controller = Controller(Catcher(), hostname="127.0.0.1", port=port)
        controller.start()
        try:
            rendered = Templates(tmp_path).render("hello", "fr", {"name": "<b>Zoé</b>\r\nBcc: x@example.com"})
            mailer = Mailer(f"smtp://127.0.0.1:{port}", "mail@maillon.example")
            await mailer.send("zoe@example.com", rendered, message_id="m1", at=datetime(2026, 11, 21, tzinfo=UTC))
        finally:
            controller.stop()
        (envelope,) = received
        import email
        from email import policy

        message = email.message_from_bytes(envelope.content, policy=policy.default)
        assert envelope.rcpt_tos == ["zoe@example.com"], "a name must not add a recipient"
        assert message["Message-ID"] == "<m1@maillon.example>"
        assert message["Subject"] == "Bonjour <b>Zoé</b> Bcc: x@example.com"
        assert message["Bcc"] is None
        assert "&lt;b&gt;Zoé" in message.get_body(("html",)).get_content()
        assert "à bientôt" in message.get_body(("plain",)).get_content()


def test_the_batch_writer_was_checked_on_this_aiormq():
    from importlib.metadata import version

    assert version("aiormq") == batch_publish.CHECKED_AIORMQ


async def test_a_batch_larger_than_a_frame_arrives_whole(node, amqp):
    from pamqp import commands as spec

    from chassis.batch_publish import Outgoing, publish_batch

    await amqp.queue_declare("large", durable=True)
    connection = await aiormq.connect(node.url)
    channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
    body = bytes(range(256)) * 2048
    messages = [
        Outgoing("", queue, body, spec.Basic.Properties(message_id=uuid4().hex, delivery_mode=2))
        for queue in ("large", "absent", "x" * 300, "large")
    ]
    outcomes = await publish_batch(channel, messages, 5)
    assert [type(outcome).__name__ for outcome in outcomes] == ["NoneType", "PublishError", "TypeError", "NoneType"]
    assert [(await amqp.basic_get("large", no_ack=True)).body for _ in range(2)] == [body, body]
    await connection.close()


def test_the_business_date_turns_at_midnight_in_paris():
    assert business_date(datetime(2026, 11, 30, 22, 59, tzinfo=UTC)).isoformat() == "2026-11-30"
    assert business_date(datetime(2026, 11, 30, 23, 0, tzinfo=UTC)).isoformat() == "2026-12-01"
    assert business_date(datetime(2026, 6, 30, 22, 0, tzinfo=UTC)).isoformat() == "2026-07-01"
