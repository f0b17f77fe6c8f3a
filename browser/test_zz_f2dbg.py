from test_chat_page import *
def test_x(talk, place, wire, open_visit):
    import time
    talk = talk("queue", visit=open_visit(at=wire))
    t0=time.time()
    talk.page.on("request",lambda r: print(round(time.time()-t0,2),r.method,r.url) if "/v1/" in r.url or "/v3/" in r.url else 0)
    talk.page.on("requestfailed",lambda r: print(round(time.time()-t0,2),"FAILED",r.method,r.url,r.failure) if "/v1/" in r.url or "/v3/" in r.url else 0)
    talk.page.on("requestfinished",lambda r: print(round(time.time()-t0,2),"DONE",r.method,r.url) if "/v1/" in r.url or "/v3/" in r.url else 0)
    talk.open()
    script = place.next(Paced("one ", "two ", "three ", "four"))
    talk.say("count")
    script.more(2)
    expect(talk.answers).to_contain_text("one two")
    print(round(time.time()-t0,2),"cut", len(wire.sockets))
    wire.cut()
    for _ in range(8):
        talk.page.wait_for_timeout(500)
        print(round(time.time()-t0,2),talk.answers.inner_text()[:100], len(wire.sockets))
    script.all()
    forgive(talk.visit)
