/** Which request is answered by which protocol, and what holds for all of them. */
@NullMarked
package io.fairlead.gateway.internal;

import org.jspecify.annotations.NullMarked;
