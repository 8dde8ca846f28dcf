/**
 * Streams of messages between a call and the code that reads or writes them.
 *
 * <p>There are two directions and two styles. Messages that arrive go into a queue for a reader
 * that blocks, or to a subscriber. Messages that leave come from a source, on a thread or from
 * callbacks, or from a publisher. All four keep HTTP/2 flow control: no more is asked for than the
 * reader takes, and nothing is sent while the call is not ready.
 *
 * <p>Event loop and application meet here, so this is where most code without locks is. Each class
 * says which thread may call which method; {@code race-tests} try the combinations.
 */
@NullMarked
package io.fairlead.contract.internal.stream;

import org.jspecify.annotations.NullMarked;
