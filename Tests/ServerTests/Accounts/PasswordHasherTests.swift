import APIKit
import Platform
import Testing

extension PasswordHasher.Cost {
    /// For tests that make many hashes.
    static let least = PasswordHasher.Cost(rounds: 4, blockSize: 1, passes: 1)
}

@Suite struct PasswordHasherTests {
    private let hasher = PasswordHasher(cost: .least)

    @Test func `the example of RFC 7914 is verified`() async throws {
        let hash =
            "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83"
            + "ee6d8360cbdfa2cc0640"
        // The salt is "NaCl".
        let text = "scrypt$ln=10,r=8,p=16$4e61436c$\(hash)"
        #expect(try await hasher.verify("password", against: text))
        #expect(try await !hasher.verify("Password", against: text))
        #expect(try await !hasher.verify("password", against: "scrypt$ln=10,r=8,p=15$4e61436c$\(hash)"))
        #expect(try await !hasher.verify("password", against: "scrypt$ln=11,r=8,p=16$4e61436c$\(hash)"))
        #expect(try await !hasher.verify("password", against: "scrypt$ln=10,r=8,p=16$4e61436d$\(hash)"))
    }

    @Test func `a hash fits its password alone, and tells its parameters`() async throws {
        let text = try await hasher.hash("correct horse")
        #expect(text.wholeMatch(of: /scrypt\$ln=4,r=1,p=1\$[0-9a-f]{32}\$[0-9a-f]{64}/) != nil, "\(text)")
        #expect(try await hasher.verify("correct horse", against: text))
        for wrong in ["", "correct hors", "correct horse ", "Correct horse", text] {
            #expect(try await !hasher.verify(wrong, against: text), "\(wrong)")
        }
        // By whatever a hasher makes new hashes with, and however it was typed.
        let other = PasswordHasher(cost: PasswordHasher.Cost(rounds: 5, blockSize: 2, passes: 2))
        #expect(try await other.verify("correct horse", against: text))
        let unicode = try await other.hash("杭州 🌤 pässword")
        #expect(unicode.hasPrefix("scrypt$ln=5,r=2,p=2$"))
        #expect(try await hasher.verify("杭州 🌤 pässword", against: unicode))
    }

    @Test func `two hashes of one password differ`() async throws {
        #expect(try await hasher.hash("correct horse") != hasher.hash("correct horse"))
    }

    @Test func `the standard parameters are strong`() async throws {
        let text = try await PasswordHasher().hash("correct horse")
        #expect(text.hasPrefix("scrypt$ln=15,r=8,p=3$"))
        #expect(try await hasher.verify("correct horse", against: text))
    }

    @Test func `what is no hash fits no password`() async throws {
        let good = try await hasher.hash("")
        #expect(try await hasher.verify("", against: good))
        let texts: [String?] = [
            nil, "", "scrypt", "scrypt$ln=4,r=1,p=1$$", "scrypt$ln=4,r=1,p=1$00$", "x" + good, good + "0", good + "$",
            good.replacing("scrypt", with: "argon2id"), good.replacing("ln=4", with: "ln=40"),
            good.replacing("r=1", with: "r=0"), good.replacing("p=1", with: "p=-1"), good.replacing("ln=4,", with: ""),
            String(good.dropLast(1)), String(good.dropLast(1)) + "G",
        ]
        for text in texts { #expect(try await !hasher.verify("", against: text), "\(text ?? "nil")") }
    }

    @Test func `whoever comes when too many wait is sent away`() async throws {
        let busy = PasswordHasher(waitingLimit: 1)
        let outcomes = await withTaskGroup(of: APIError?.self) { group in
            for _ in 0..<24 {
                // At once, or on a busy machine they would come one by one.
                group.addImmediateTask {
                    do {
                        _ = try await busy.hash("correct horse")
                        return nil
                    } catch {
                        return error as? APIError ?? APIError(.internalError)
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let refusals = outcomes.compactMap { $0 }
        #expect(outcomes.count - refusals.count >= 3)
        #expect(!refusals.isEmpty)
        for refusal in refusals { #expect(refusal.code == .overSystemLimit && refusal.retryAfter == 1) }
        // And there is room again.
        _ = try await busy.hash("correct horse")
    }
}
