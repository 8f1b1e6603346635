/** The list of traces: all its elements. */

import "elements/open-menus"
import "elements/trace-arrivals"
import "elements/trace-filter"
import "elements/trace-table"
import "elements/trace-undo"
