// Keeps a log of messages at its end while it grows, unless its reader has scrolled away.
import { h } from "../lib/dom.js";

/** Pixels from the end within which a log counts as being at its end. */
const NEAR = 16;

export class Scroller {
  #isAtEnd = true;

  /**
   * @param log the element that scrolls
   * @param content what grows in it
   * @param jump the button that leads to the end
   */
  constructor(log, content, jump) {
    this.log = log;
    this.jump = jump;
    log.addEventListener("scroll", () => this.#note(), { passive: true });
    jump.addEventListener("click", () => {
      this.toEnd();
      log.focus({ preventScroll: true });
    });
    // Pictures that arrive and windows that shrink move the end as well.
    this.observer = new ResizeObserver(() => this.follow());
    this.observer.observe(content);
    this.observer.observe(log);
  }

  get isAtEnd() {
    return this.#isAtEnd;
  }

  #note() {
    this.#isAtEnd = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight <= NEAR;
    this.jump.hidden = this.#isAtEnd;
  }

  /** Goes to the end. */
  toEnd() {
    this.#isAtEnd = true;
    this.log.scrollTop = this.log.scrollHeight;
    this.jump.hidden = true;
  }

  /** Goes to the end if that is where the reader was. */
  follow() {
    if (this.#isAtEnd) this.toEnd();
    else this.#note();
  }

  /** Changes what stands above without moving what is in sight. */
  keeping(work) {
    const fromEnd = this.log.scrollHeight - this.log.scrollTop;
    work();
    this.log.scrollTop = this.log.scrollHeight - fromEnd;
  }

  end() {
    this.observer.disconnect();
  }
}

/** Text that only screen readers tell. */
export const announcer = () => h("p.unseen", { role: "status" });
