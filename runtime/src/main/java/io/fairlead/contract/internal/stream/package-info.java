/** Streams of messages between a call and the code that reads or writes them. */
@NullMarked
package io.fairlead.contract.internal.stream;

import org.jspecify.annotations.NullMarked;
