/** The life of a server: bind, register, become ready, drain, deregister and stop. */
@NullMarked
package io.fairlead.server.internal.lifecycle;

import org.jspecify.annotations.NullMarked;
