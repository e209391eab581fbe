/**
 * Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).
 * A block of four 32-bit words is a pure function of a 128-bit counter and a 64-bit key, so any part of a stream can be
 * computed alone, in any order, on any machine.
 */

// Multipliers and Weyl constants of the paper, table 2 and section 4.3. The multipliers' halves serve the 16-bit products below.
const M0 = 0xd2511f53
const M0_HIGH = M0 >>> 16
const M0_LOW = M0 & 0xffff
const M1 = 0xcd9e8d57
const M1_HIGH = M1 >>> 16
const M1_LOW = M1 & 0xffff
const W0 = 0x9e3779b9
const W1 = 0xbb67ae85
const ROUNDS = 10

/**
 * Writes the block of counter (c0, c1, c2, c3) under key (k0, k1) to `out[0..3]`. Words are unsigned 32-bit, least significant first.
 * The high half of a 32 x 32 bit product is put together from 16-bit halves: every partial sum stays below 2^32, so doubles hold it exactly.
 */
export const philoxBlock = (c0: number, c1: number, c2: number, c3: number, k0: number, k1: number, out: Uint32Array): void => {
  for (let round = 0; round < ROUNDS; round++) {
    const x = c0 >>> 16
    const y = c0 & 0xffff
    const p = x * M0_LOW + ((y * M0_LOW) >>> 16)
    const q = y * M0_HIGH + (p & 0xffff)
    const high0 = x * M0_HIGH + (p >>> 16) + (q >>> 16)
    const low0 = Math.imul(c0, M0)

    const z = c2 >>> 16
    const w = c2 & 0xffff
    const r = z * M1_LOW + ((w * M1_LOW) >>> 16)
    const s = w * M1_HIGH + (r & 0xffff)
    const high1 = z * M1_HIGH + (r >>> 16) + (s >>> 16)
    const low1 = Math.imul(c2, M1)

    c0 = high1 ^ c1 ^ k0
    c1 = low1
    c2 = high0 ^ c3 ^ k1
    c3 = low0
    k0 = (k0 + W0) | 0
    k1 = (k1 + W1) | 0
  }
  out[0] = c0
  out[1] = c1
  out[2] = c2
  out[3] = c3
}
