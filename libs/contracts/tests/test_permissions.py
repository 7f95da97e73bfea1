"""The permission table, written out a second time role by role, as the sources and our reading of them have it."""

import pytest

from contracts.permissions import MATRIX, Permission, allows
from contracts.roles import Role

BY_ROLE = {
    Role.CONSULTANT: "belong follow_missions report_activity",
    Role.COMMERCIAL: (
        "belong sign_contracts answer_rfps follow_rfps follow_missions supervise_missions report_activity "
        "negotiate_missions read_bpfs handle_invoices"
        " approve_activity"
    ),
    Role.GERANT: (
        "belong manage_people manage_company sign_contracts answer_rfps follow_rfps follow_missions "
        "supervise_missions report_activity negotiate_missions read_bpfs handle_invoices"
        " approve_activity manage_billing"
    ),
    Role.FREELANCE: (
        "belong manage_company sign_contracts answer_rfps follow_rfps follow_missions supervise_missions "
        "report_activity negotiate_missions read_bpfs handle_invoices"
        " approve_activity manage_billing"
    ),
    Role.RESPONSABLE_PROJET: (
        "belong sign_contracts run_rfps follow_rfps read_proposals follow_missions place_orders validate_activity "
        "negotiate_missions view_purchasing read_supplier_documents read_bpfs"
        " read_client_invoices"
    ),
    Role.ACHETEUR: (
        "belong sign_contracts follow_rfps read_proposals follow_missions place_orders approve_spending "
        "view_purchasing read_supplier_documents"
        " read_client_invoices"
    ),
    Role.DIRECTEUR_ACHATS: (
        "belong manage_people manage_company sign_contracts run_rfps follow_rfps read_proposals follow_missions "
        "place_orders validate_activity approve_spending view_purchasing manage_purchasing read_supplier_documents "
        "negotiate_missions read_bpfs"
        " configure_activity read_client_invoices manage_billing"
    ),
}


@pytest.mark.req("CO-19", "CO-20", "CO-22")
@pytest.mark.parametrize("role", Role)
def test_each_role_may_exactly_this(role):
    assert {permission.value for permission in Permission if allows(permission, role)} == set(BY_ROLE[role].split())


def test_nobody_without_a_role_may_anything_and_no_act_is_left_out():
    assert MATRIX.keys() == set(Permission)
    assert not any(allows(permission, None) for permission in Permission)
    assert all(MATRIX.values())
