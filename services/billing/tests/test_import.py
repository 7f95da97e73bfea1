"""Importing the provider's invoice."""

from facturx_builder import invoice_pdf


class TestImport:
    async def test_accepts_a_faithful_invoice(self, given):
        month = await given()
        answer = await month.post(invoice_pdf(month.bpf))
        assert answer.status_code == 201, answer.text
