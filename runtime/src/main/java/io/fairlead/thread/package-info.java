/** Which thread runs what: the hop of code that may block, and the guards of the event loops. */
@NullMarked
package io.fairlead.thread;

import org.jspecify.annotations.NullMarked;
