/** What the observers of a server hear: the record of each call, and those who get its outcome. */
@NullMarked
package io.fairlead.server.internal.observe;

import org.jspecify.annotations.NullMarked;
