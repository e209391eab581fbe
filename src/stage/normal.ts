/**
 * The inverse of the normal distribution function, from IEEE additions, multiplications, divisions and square roots alone. Math.log
 * is left to each engine by the language and may differ in the last bit; these may not, so normals are the same everywhere.
 */

const LN2_HIGH = 6.9314718036912381649e-1
const LN2_LOW = 1.90821492927058770002e-10
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
  const even = w * (3.999999999940941908e-1 + w * (2.222219843214978396e-1 + w * 1.531383769920937332e-1))
  const odd = z * (6.66666666666673513e-1 + w * (2.857142874366239149e-1 + w * (1.818357216161805012e-1 + w * 1.479819860511658591e-1)))
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
    return q * (((((((2509.0809287301226727 * r + 33430.575583588128105) * r + 67265.770927008700853) * r + 45921.953931549871457) * r
      + 13731.693765509461125) * r + 1971.5909503065514427) * r + 133.14166789178437745) * r + 3.387132872796366608)
      / (((((((5226.495278852854561 * r + 28729.085735721942674) * r + 39307.89580009271061) * r + 21213.794301586595867) * r
      + 5394.1960214247511077) * r + 687.1870074920579083) * r + 42.313330701600911252) * r + 1)
  }
  const distance = Math.sqrt(-logOfFraction(q < 0 ? p : 1 - p))
  const z = distance <= 5 ? middle(distance - 1.6) : tail(distance - 5)
  return q < 0 ? -z : z
}

const middle = (r: number): number =>
  (((((((7.7454501427834140764e-4 * r + 0.0227238449892691845833) * r + 0.24178072517745061177) * r + 1.27045825245236838258) * r
    + 3.64784832476320460504) * r + 5.7694972214606914055) * r + 4.6303378461565452959) * r + 1.42343711074968357734)
  / (((((((1.05075007164441684324e-9 * r + 5.475938084995344946e-4) * r + 0.0151986665636164571966) * r + 0.14810397642748007459) * r
    + 0.68976733498510000455) * r + 1.6763848301838038494) * r + 2.05319162663775882187) * r + 1)

const tail = (r: number): number =>
  (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + 0.0012426609473880784386) * r + 0.026532189526576123093) * r
    + 0.29656057182850489123) * r + 1.7848265399172913358) * r + 5.4637849111641143699) * r + 6.6579046435011037772)
  / (((((((2.04426310338993978564e-15 * r + 1.4215117583164458887e-7) * r + 1.8463183175100546818e-5) * r + 7.868691311456132591e-4) * r
    + 0.0148753612908506148525) * r + 0.13692988092273580531) * r + 0.59983220655588793769) * r + 1)
