# 当天的能量球要到次日早上七点才成熟，之前收不了。
# The ball of an act ripens the next morning at seven and cannot be collected before.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 ride  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy

at 2026-07-06 12:00
  july arrives
  lin has 20 growing
  lin collects              -> nothing
at 2026-07-07 06:59
  lin has 20 growing
  lin collects              -> nothing
at 2026-07-07 07:00
  lin has 20 ripe
  lin collects              -> done 20
  lin has 20 available
