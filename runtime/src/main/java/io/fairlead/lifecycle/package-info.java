/** The states of a server from start to stop, and what an application sets and sees of them. */
@NullMarked
package io.fairlead.lifecycle;

import org.jspecify.annotations.NullMarked;
