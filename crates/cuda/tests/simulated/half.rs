// 16-bit floats with nothing but the standard library. Included by both simulated libraries.

fn widen(bits: u16, bf16: bool) -> f32 {
    if bf16 {
        return f32::from_bits(u32::from(bits) << 16);
    }
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f32::from(bits & 1023));
    sign * match exponent {
        0 => fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1024.0 + fraction) * 2f32.powi(exponent - 25),
    }
}

fn narrow(x: f32, bf16: bool) -> u16 {
    if bf16 {
        let bits = x.to_bits();
        return (bits.wrapping_add(0x7fff + (bits >> 16 & 1)) >> 16) as u16;
    }
    let sign = if x.is_sign_negative() { 0x8000 } else { 0 };
    let size = f64::from(x.abs());
    // Rounding to a multiple of the last place, then writing that multiple down, carries by itself.
    let exponent = (size.log2().floor() as i32).max(-14);
    let places = (size * 2f64.powi(10 - exponent)).round_ties_even() as i32;
    sign | ((exponent + 14) * 1024 + places).clamp(0, 0x7c00) as u16
}
