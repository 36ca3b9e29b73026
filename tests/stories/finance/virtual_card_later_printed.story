# 虚拟卡三个月内又印了实体卡，银行冲回原事件，减排量和能量全部收回；印卡本身不是绿色行为。
# When a virtual card is printed after all, the bank reverses the event: everything it gave goes back.
#
#   67,300 − 67,300 = 0 mg

customer lin joined 2026-06-01 with debit consenting to card_payments

file july
on 2026-07-06
  20:01 issued   lin does card.issued with virtual-1 {form=virtual, account_ref=a1}     -> posted 67,300 mg, 60 energy
on 2026-07-20
  10:01 printed  lin does card.issued with virtual-1 {form=plastic, account_ref=a1}     -> plastic_card_issued
  10:02 undone   lin has issued reversed                                                -> refunded 67,300 mg, 60 energy

expect
  lin holds 0 mg, 0 energy
  lin virtual_card: 1 act, 0 mg, 0 energy
