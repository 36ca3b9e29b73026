# 长途客运的基准还不清楚，所以只给能量，不给减排量。
# The baseline of a coach trip is not settled, so it gives energy and no carbon.
#
#   carbon switched off (tier E): 0 mg

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  09:01 trip  lin pays ¥45.00 to coach in Beijing by online with debit      -> posted 0 mg, 30 energy

expect
  lin coach_travel: 1 act, 0 mg, 30 energy
