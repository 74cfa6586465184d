// Tabs: several panels in one place.

import { button, element } from "./dom.js";

export class Tabs {
  /** `panels` are elements by the names of their tabs; `opened` is called when a panel opens. */
  constructor(id, panels, opened) {
    this.opened = opened;
    this.panels = Object.values(panels);
    this.tabs = Object.keys(panels).map((name, i) => button(name, () => this.open(i), { role: "tab", id: `${id}-tab-${i}`, "aria-controls": `${id}-panel-${i}` }));
    this.list = element("div", { class: "tabs", role: "tablist", "data-part": "tabs", "aria-label": "Panels" }, ...this.tabs);
    this.panels.forEach((panel, i) => Object.entries({ id: `${id}-panel-${i}`, role: "tabpanel", tabindex: "0", "aria-labelledby": `${id}-tab-${i}` })
      .forEach(([key, value]) => panel.setAttribute(key, value)));
    this.list.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!by) return;
      event.preventDefault();
      event.stopPropagation();
      this.open((this.at + by + this.tabs.length) % this.tabs.length);
      this.tabs[this.at].focus();
    });
    this.open(0);
  }

  /** Hide the panels whose tabs' names have one of these words. */
  hide(names) {
    this.tabs.forEach((tab) => (tab.hidden = tab.textContent.toLowerCase().split(" ").some((word) => names.includes(word))));
    if (this.tabs[this.at].hidden) this.open(Math.max(0, this.tabs.findIndex((tab) => !tab.hidden)));
  }

  open(at) {
    this.at = at;
    this.panels.forEach((panel, i) => (panel.hidden = i !== at || this.tabs[i].hidden));
    this.tabs.forEach((tab, i) => {
      tab.setAttribute("aria-selected", String(i === at));
      tab.tabIndex = i === at ? 0 : -1;
    });
    this.opened();
  }
}
