"""One deal played by several people through the gateway, from sign-up to invoice: `python -m stack.demo`.

The verbs of the journey (people, companies, contracts, rfp, mission, month, invoice) are also what tests/e2e
is written with. Nothing here knows the inside of a service: there is only HTTP, and the e-mails received.
"""
