/// SplitMix64: numbers of which neighbours have nothing in common.
///
/// Equal on every machine and in every version of Lyceum: seeds stand in recorded runs.
/// Source: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators" (2014).
public enum SplitMix64 {
    /// What is added from number to number: 2⁶⁴ divided by the golden ratio.
    public static var increment: UInt64 { @inlinable get { 0x9E37_79B9_7F4A_7C15 } }

    /// Mixes the bits, so that each of them depends on all others.
    @inlinable public static func mixed(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
