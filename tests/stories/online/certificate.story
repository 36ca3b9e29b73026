# 在线开一份流水证明；同一份文件再开一次不算第二次。
# One certificate issued online counts; the same document a second time is the same occasion.
#
#   0.70 × 181.95 + 2 × 6.7 − 0.5 = 127.365 + 12.9 = 140.265 g = 140,265 mg

customer lin joined 2026-06-01 with debit consenting to card_payments

file july
on 2026-07-06
  10:01 first   lin does certificate.issued {document_ref=d3}     -> posted 140,265 mg, 30 energy
on 2026-07-07
  10:01 second  lin does certificate.issued {document_ref=d3}     -> same_occasion

expect
  lin online_certificate: 1 act, 140,265 mg, 30 energy
