/** Send a file and tell how far it is: `fetch` cannot say what has been sent. */
import { BASE, type Problem, Refusal, Unreachable } from '@/api/client'
import { bearer } from '@/host'
import { language } from '@ditan/shared/preferences'

import type { TakenFile } from './asking'

export const UPLOAD_BYTES_MAX = 16 * 1024 * 1024
const UNAUTHORIZED = 401

/** `key` names the intention: the same file sent again under it is taken once and answered alike. */
export async function sendFile(
  file: File,
  feed: string,
  key: string,
  told: (share: number) => void,
): Promise<TakenFile> {
  const first = await attempt(file, feed, key, await bearer(), told)
  const last = first.status === UNAUTHORIZED ? await attempt(file, feed, key, await bearer(true), told) : first
  if (last.status === 200) return JSON.parse(last.responseText) as TakenFile
  let problem: Problem
  try {
    problem = JSON.parse(last.responseText) as Problem
  } catch {
    throw new Unreachable()
  }
  throw new Refusal(problem)
}

function attempt(
  file: File,
  feed: string,
  key: string,
  token: string,
  told: (share: number) => void,
): Promise<XMLHttpRequest> {
  return new Promise((done, lost) => {
    const request = new XMLHttpRequest()
    request.open('POST', `${BASE}/v1/console/feeds/files?${new URLSearchParams({ name: file.name, feed })}`)
    request.setRequestHeader('Authorization', `Bearer ${token}`)
    request.setRequestHeader('Accept-Language', language.value)
    request.setRequestHeader('Content-Type', 'text/csv')
    request.setRequestHeader('Idempotency-Key', key)
    request.upload.onprogress = ({ loaded, total }) => told(total ? loaded / total : 0)
    request.upload.onload = () => told(1)
    request.onload = () => done(request)
    request.onerror = () => lost(new Unreachable())
    request.send(file)
  })
}
