# 活动送的能量出自预算，用完就没有；像球一样，马上可收，七天不收作废。
# A campaign gives from its budget, until that is used up; what it gives is a ball that is ripe at once.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

limited spring is a budget of 60

file july
on 2026-07-06
  08:01 ride  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy

at 2026-07-07 06:00
  july arrives
  lin is awarded 50 from spring as gift     -> done 50
  lin is awarded 50 from spring as gift     -> exists 50
  lin is awarded 50 from spring as more     -> used_up
  spring has 10 units
  lin has 20 growing, 50 ripe
  lin collects                              -> done 50
  lin has 20 growing, 50 available
