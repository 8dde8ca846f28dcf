/**
 * A page that shows a fleet to its operators, and lets them act on it. It is a client of the admin
 * services of its processes.
 */
@NullMarked
package io.fairlead.console;

import org.jspecify.annotations.NullMarked;
