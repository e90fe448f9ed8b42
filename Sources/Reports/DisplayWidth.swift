/// How much room text takes on a terminal, in cells (Unicode TR 11, roughly: wide scripts and emoji take two).
enum DisplayWidth {
    /// The cells of a text without controls.
    static func of(_ text: String) -> Int { text.unicodeScalars.reduce(0) { $0 + of($1) } }

    /// The text, cut to that many cells; the last of them is then `…`.
    static func fitted(_ text: String, to cells: Int) -> String {
        guard cells > 0 else { return "" }
        guard of(text) > cells else { return text }
        var result = ""
        var width = 0
        for scalar in text.unicodeScalars {
            width += of(scalar)
            guard width < cells else { break }
            result.unicodeScalars.append(scalar)
        }
        return result + "…"
    }

    /// The text with its tabs as blanks, up to the next eighth cell.
    static func untabbed(_ text: String) -> String {
        guard text.utf8.contains(0x09) else { return text }
        var result = ""
        var width = 0
        for scalar in text.unicodeScalars {
            if scalar == "\t" {
                let blanks = 8 - width % 8
                result += String(repeating: " ", count: blanks)
                width += blanks
            } else {
                result.unicodeScalars.append(scalar)
                width += of(scalar)
            }
        }
        return result
    }

    private static func of(_ scalar: Unicode.Scalar) -> Int {
        guard scalar.value >= 0x300 else { return 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: return isWide(scalar.value) ? 2 : 1
        }
    }

    private static func isWide(_ value: UInt32) -> Bool {
        switch value {
        case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
            0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
            true
        default: false
        }
    }
}
