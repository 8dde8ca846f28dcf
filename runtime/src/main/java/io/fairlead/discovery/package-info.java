/**
 * Where instances of a service are found: values and the interfaces that a registry implements.
 *
 * <p>Nothing here knows gRPC, so a registry is written and tested without it.
 */
@NullMarked
package io.fairlead.discovery;

import org.jspecify.annotations.NullMarked;
