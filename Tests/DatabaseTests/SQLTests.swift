import Testing

@testable import Database

@Suite struct SQLTests {
    @Test func `interpolated values become numbered bindings and never text`() {
        let sql: SQL = "SELECT * FROM t WHERE a = \("x'; DROP TABLE t; --") AND b = \(7) AND c = \(nil as String?)"
        #expect(sql.text == "SELECT * FROM t WHERE a = $1 AND b = $2 AND c = $3")
        #expect(sql.values == [.text("x'; DROP TABLE t; --"), .integer(7), .null])
    }

    @Test func `a piece with values is numbered on where it is inserted`() {
        let piece: SQL = "b = \(2) OR c = \(3)"
        let sql: SQL = "a = \(1) AND (\(piece)) AND d = \(4)"
        #expect(sql.text == "a = $1 AND (b = $2 OR c = $3) AND d = $4")
        #expect(sql.values == [.integer(1), .integer(2), .integer(3), .integer(4)])
    }

    @Test func `eleven values of a piece keep their order`() {
        let piece: SQL = "\(1),\(2),\(3),\(4),\(5),\(6),\(7),\(8),\(9),\(10),\(11)"
        let sql: SQL = "x = \(0) AND y IN (\(piece))"
        #expect(sql.text == "x = $1 AND y IN ($2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12)")
        #expect(sql.values.last == .integer(11))
    }
}
