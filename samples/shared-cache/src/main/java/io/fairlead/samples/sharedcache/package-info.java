/** Responses that processes share through Redis. */
@NullMarked
package io.fairlead.samples.sharedcache;

import org.jspecify.annotations.NullMarked;
