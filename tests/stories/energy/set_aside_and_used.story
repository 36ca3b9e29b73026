# 兑换先冻结、后使用：冻结期间别处用不了，用了才算花掉。
# A redemption sets energy aside first and uses it then; meanwhile nothing else can.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 ride  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy

at 2026-07-07 08:00
  july arrives
  lin collects                                          -> done 20
  lin sets aside 12 as gym until 2026-07-09 12:00       -> done 12
  lin has 8 available, 12 held
  lin sets aside 9 as tree until 2026-07-09 12:00       -> not_enough
  lin uses gym                                          -> done 12
  lin uses gym                                          -> exists 12
  lin gives back gym                                    -> captured
  lin has 8 available
