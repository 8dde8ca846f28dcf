/** Load balancing in grpc-java: endpoints, their state and load, ejection, and the picker. */
@NullMarked
package io.fairlead.balance.internal;

import org.jspecify.annotations.NullMarked;
