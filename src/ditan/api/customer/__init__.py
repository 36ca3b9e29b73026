"""What a customer may ask of her own page. The customer is the token's subject, so no address names one."""

from ditan.api.customer import (
    account,
    acts,
    address,
    balls,
    disputes,
    explanation,
    export,
    giving,
    home,
    notices,
    reductions,
    rewards,
    scenarios,
    settings,
    statements,
)

HANDLERS = [
    *account.HANDLERS,
    *address.HANDLERS,
    home.home,
    balls.balls,
    balls.collect_all,
    balls.collect_one,
    acts.acts,
    explanation.explanation,
    disputes.dispute,
    disputes.disputes,
    notices.notices,
    notices.read,
    notices.unread,
    reductions.reductions,
    scenarios.scenarios,
    scenarios.equivalents,
    statements.statements,
    statements.statement,
    statements.statement_pdf,
    *rewards.HANDLERS,
    *giving.HANDLERS,
    settings.settings,
    settings.change_settings,
    export.export,
    export.export_csv,
]

__all__ = ["HANDLERS"]
