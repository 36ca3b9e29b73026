# 退一笔普通消费：本来就没给过什么，没有可收回的。
# A refund of an ordinary payment takes nothing back, because nothing was given.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  12:00 shop  lin pays ¥88.80 to "永辉超市" mcc 5411 in Beijing by pos with debit     -> not_green
  13:00 back  lin gets ¥88.80 back for shop                                           -> refund_of_not_green

expect
  lin holds 0 mg, 0 energy
