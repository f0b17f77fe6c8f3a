import Testing

@testable import Server

@Suite struct BackupNameTests {
    @Test func `a name tells the second of its making, and back`() {
        for (time, text) in [
            (0, "buckle-19700101-000000.backup"), (1_769_903_999, "buckle-20260131-235959.backup"),
            (1_709_210_096, "buckle-20240229-123456.backup"),
        ] {
            #expect(BackupName(at: Int64(time)).text == text)
            #expect(BackupName(text)?.createdAt == Int64(time))
        }
    }

    @Test(arguments: [
        "", "buckle.db", "..", "../buckle.db", "buckle-20260131-235959.backup/", "buckle-20260131-235959.backup.part",
        "./buckle-20260131-235959.backup", "buckle-20261331-235959.backup", "buckle-20260230-000000.backup",
        "buckle-20260131-246060.backup", "buckle-20260131-23595٩.backup", "buckle-+2026131-235959.backup",
        "Buckle-20260131-235959.backup", "buckle-20260131-235959.BACKUP", "buckle-20260131_235959.backup",
        "buckle-2026 131-235959.backup", "buckle-20260131-235959\u{0}backup", "buckle-202601/1-235959.backup",
    ])
    func `whatever else is none`(_ text: String) {
        #expect(BackupName(text) == nil)
    }

    @Test func `names are in the order of their making`() {
        let names = [3, 1, 2].map { BackupName(at: $0 * 86_400) }
        #expect(names.sorted().map(\.createdAt) == [86_400, 2 * 86_400, 3 * 86_400])
    }
}
