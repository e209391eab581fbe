/**
 * The inverse of the normal distribution function, from IEEE additions, multiplications, divisions and square roots alone. Math.log
 * is left to each engine by the language and may differ in the last bit; these may not, so normals are the same everywhere.
 */

const LN2_HIGH = 0.6931471803691238
const LN2_LOW = 1.9082149292705877e-10
const TWO_31 = 2 ** 31

/**
 * Natural logarithm of 0 < x <= 1, within one unit in the last place. The polynomial is that of fdlibm's `e_log.c` (Sun
 * Microsystems, 1993); the exponent is taken off by exact scaling with powers of two rather than by looking at bits.
 */
export const logOfFraction = (x: number): number => {
  let m = x
  let k = 0
  while (m < 1 / TWO_31) {
    m *= TWO_31
    k -= 31
  }
  for (let bits = 16; bits >= 1; bits >>= 1) {
    const scale = 2 ** bits
    if (m * scale < Math.SQRT2) {
      m *= scale
      k -= bits
    }
  }
  // Here sqrt(1/2) <= m < sqrt(2) and x = m 2^k.
  const f = m - 1
  const s = f / (2 + f)
  const z = s * s
  const w = z * z
  const even = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373))
  const odd = z * (0.6666666666666735 + w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586)))
  const half = 0.5 * f * f
  return k * LN2_HIGH - ((half - (s * (half + odd + even) + k * LN2_LOW)) - f)
}

/**
 * The z at which a standard normal variable is below z with probability p, for 0 < p < 1; relative error about 1e-16.
 * Algorithm AS 241, PPND16: M. J. Wichura, "The percentage points of the normal distribution", Applied Statistics 37 (1988) 477-484.
 */
export const inverseNormal = (p: number): number => {
  const q = p - 0.5
  if (q >= -0.425 && q <= 0.425) {
    const r = 0.180625 - q * q
    return q * (((((((2509.0809287301227 * r + 33430.57558358813) * r + 67265.7709270087) * r + 45921.95393154987) * r
      + 13731.69376550946) * r + 1971.5909503065513) * r + 133.14166789178438) * r + 3.3871328727963665)
      / (((((((5226.495278852854 * r + 28729.085735721943) * r + 39307.89580009271) * r + 21213.794301586597) * r
      + 5394.196021424751) * r + 687.1870074920579) * r + 42.31333070160091) * r + 1)
  }
  const distance = Math.sqrt(-logOfFraction(q < 0 ? p : 1 - p))
  const z = distance <= 5 ? middle(distance - 1.6) : tail(distance - 5)
  return q < 0 ? -z : z
}

const middle = (r: number): number =>
  (((((((0.0007745450142783414 * r + 0.022723844989269184) * r + 0.2417807251774506) * r + 1.2704582524523684) * r
    + 3.6478483247632045) * r + 5.769497221460691) * r + 4.630337846156546) * r + 1.4234371107496835)
  / (((((((1.0507500716444169e-9 * r + 0.0005475938084995345) * r + 0.015198666563616457) * r + 0.14810397642748008) * r
    + 0.6897673349851) * r + 1.6763848301838038) * r + 2.053191626637759) * r + 1)

const tail = (r: number): number =>
  (((((((2.0103343992922881e-7 * r + 0.000027115555687434876) * r + 0.0012426609473880784) * r + 0.026532189526576124) * r
    + 0.29656057182850487) * r + 1.7848265399172913) * r + 5.463784911164114) * r + 6.657904643501103)
  / (((((((2.0442631033899397e-15 * r + 1.421511758316446e-7) * r + 0.000018463183175100548) * r + 0.0007868691311456133) * r
    + 0.014875361290850615) * r + 0.1369298809227358) * r + 0.599832206555888) * r + 1)
