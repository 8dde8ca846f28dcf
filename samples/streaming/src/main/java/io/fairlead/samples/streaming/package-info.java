/** The four shapes of a call, with backpressure made visible. */
@NullMarked
package io.fairlead.samples.streaming;

import org.jspecify.annotations.NullMarked;
