"""What a customer may ask of her own page. The customer is the token's subject, so no address names one."""

from ditan.api.customer import acts, balls, home

HANDLERS = [home.home, balls.balls, balls.collect_all, balls.collect_one, acts.acts]

__all__ = ["HANDLERS"]
