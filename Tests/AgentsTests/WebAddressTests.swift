import Testing

@testable import Agents

@Suite struct WebAddressTests {
    @Test(arguments: [
        "https://example.com/a.png", "http://93.184.216.34/x", "https://user@example.com:8443/x",
        "https://[2606:4700::1]/", "HTTPS://EXAMPLE.COM", "https://xn--fsq.example/", "https://my_files.a-1.example./x",
    ])
    func `public addresses are taken`(_ text: String) {
        #expect(WebAddress(text)?.isPublic == true)
    }

    @Test(arguments: [
        "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://localhost:11434/x",
        "http://a.localhost/", "http://10.1.2.3/", "http://172.20.0.1/", "http://192.168.1.1/",
        "http://169.254.169.254/",
        "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[fd00::1]/", "http://[fe80::1]/", "http://0.0.0.0/",
        "http://example.com@127.0.0.1/", "http://printer/", "http://metadata.google.internal/", "http://127.0.0.1./",
        "http://100.64.0.1/", "http://224.0.0.1/",
        "http://127。0.0.1/", "http://127.0.0｡1/", "http://127．0．0．1/", "http://１２７.0.0.1/", "http://127%2e0.0.1/",
        "http://%31%32%37.0.0.1/", "http://a.loc%61lhost/", "http://ⓛocalhost.localdomain/", "http://①27.0.0.1/",
    ])
    func `addresses of private networks are not`(_ text: String) {
        #expect(WebAddress(text)?.isPublic == false)
    }

    @Test(arguments: [
        "", "ftp://example.com/", "file:///etc/passwd", "https://", "data:image/png;base64,AA==", "example.com",
    ])
    func `what is no web address is none`(_ text: String) {
        #expect(WebAddress(text) == nil)
    }
}
