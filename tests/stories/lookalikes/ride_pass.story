# 买骑行月卡是买一个权利，不是骑了一次；押金和调度费也不是。
# Buying a month of bike rides is buying a right, not riding; nor are deposits and relocation fees rides.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 pass     lin pays ¥15.00 to bike_share "哈啰单车 骑行月卡" in Beijing by app with debit     -> ride_pass
  09:01 deposit  lin pays ¥99.00 to bike_share "哈啰单车 押金" in Beijing by app with debit         -> ride_deposit
  10:01 moved    lin pays ¥5.00 to bike_share "哈啰单车 调度费" in Beijing by app with debit        -> ride_penalty
  11:01 ride     lin pays ¥1.50 to bike_share "哈啰单车 骑行" in Beijing by app with debit          -> posted 73,050 mg, 18 energy

expect
  lin bike_share_ride: 1 act, 73,050 mg, 18 energy
