"""The menu of a row by keys: a table in the browser is one drawing, whose buttons hear no keys."""

from __future__ import annotations

# The guard allows this very text. Enter or the space bar at a cell of menus is a click at its
# middle: columns of menus stand first, beside the boxes of rows where there are some, and are 54
# pixels wide. A menu closes when something scrolls, so the table is brought into sight before.
# In the menu arrows lead from item to item. When it closes the table has the focus again, also one
# that is drawn anew because of what was chosen: for four seconds, where nothing else has it.
SCRIPT = """(() => {
    if (window.opensMenusOfRows) return;
    window.opensMenusOfRows = true;
    const [height, width, boxes] = [35, 54, 34];
    const menu = () => document.querySelector('[data-testid=stDataFrameButtonActionMenu]');
    const items = () => [...menu().querySelectorAll('[role=menuitem]')];
    const wait = (done, then, left = 40) => {
        if (done()) then();
        else if (left) setTimeout(wait, 50, done, then, left - 1);
    };
    const tables = within => [...within.querySelectorAll('canvas[tabindex="0"]')];
    const backTo = (place, left = 40) => {
        if (menu()) return setTimeout(backTo, 100, place, left);
        const within = document.querySelector(`.${place.name}`) || document;
        const there = tables(within)[place.number];
        const free = document.activeElement === document.body;
        if (free && there) there.focus({preventScroll: true});
        if (left) setTimeout(backTo, 100, place, left - 1);
    };
    const click = (canvas, column, row) => {
        const frame = canvas.closest('[data-testid=stDataFrame]');
        const place = () => {
            const at = canvas.getBoundingClientRect();
            const {scrollTop} = frame.querySelector('.dvn-scroller');
            return {
                clientX: at.left + (column ? boxes : 0) + width / 2,
                clientY: at.top + height * (row + 1.5) - scrollTop,
            };
        };
        const {clientY} = place();
        if (clientY < 80 || clientY > innerHeight - height) frame.scrollIntoView({block: 'center'});
        setTimeout(() => {
            const about = {bubbles: true, cancelable: true, button: 0, pointerId: 1,
                pointerType: 'mouse', isPrimary: true, ...place()};
            for (const name of ['pointermove', 'pointerdown', 'pointerup'])
                canvas.dispatchEvent(new PointerEvent(name, about));
            canvas.dispatchEvent(new MouseEvent('click', about));
            const within = canvas.closest('[class*=st-key-]');
            const [name] = within.className.match(/st-key-\\S+/);
            const table = {name, number: tables(within).indexOf(canvas)};
            wait(menu, () => {
                items()[0]?.focus({preventScroll: true});
                backTo(table);
            });
        }, 150);
    };
    document.addEventListener('keydown', event => {
        const at = document.activeElement;
        if (menu()?.contains(at)) {
            const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
            const all = items();
            if (!step) return;
            event.preventDefault();
            event.stopPropagation();
            all.at((all.indexOf(at) + step) % all.length).focus();
            return;
        }
        if (!['Enter', ' '].includes(event.key) || event.shiftKey) return;
        const [, column, row] = at.id.match(/^glide-cell-(\\d+)-(\\d+)$/) || [];
        const canvas = at.closest('canvas');
        const head = canvas?.querySelector(`th[aria-colindex="${at.ariaColIndex}"]`);
        if (head?.textContent !== 'Menu') return;
        event.preventDefault();
        event.stopPropagation();
        click(canvas, Number(column), Number(row));
    }, true);
})()"""
