"""How each row of the table is asked: one operation at the router, the same or an entity at the subgraph.

`$name` stands for a thing of the world, `$new_name` for one made for the question.
Says nothing about who may do what.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

RANGE: Final = 'range: { from: "2026-01-01T00:00:00Z", to: "2026-06-01T00:00:00Z" }'
ENTITY: Final = "_entities"

QUERIES: Final[Mapping[str, str]] = {
    "Query.dashboard": "dashboard { orders }",
    "Query.salesReport": f"salesReport({RANGE}, groupBy: DAY) {{ key }}",
    "Query.occupancyReport": f"occupancyReport({RANGE}) {{ showtimeId }}",
    "Query.occupancyReport of a cinema": (
        f'occupancyReport({RANGE}, cinemaId: "$cinema_here") {{ showtimeId }}'
    ),
    "Query.rewards": "rewards { nodes { id } }",
    "Query.reward": 'reward(id: "$reward") { id }',
    "Query.movies": "movies { nodes { id } }",
    "Query.movie": 'movie(id: "$movie") { id }',
    "Query.genres": "genres",
    "Query.emails": "emails { nodes { id } }",
    "Query.messageTemplates": "messageTemplates { name }",
    "Query.payment": 'payment(id: "$payment") { id }',
    "Query.payment of a guest": 'payment(id: "$guest_payment") { id }',
    "Query.paymentMethods": "paymentMethods { id }",
    "Query.reviews": "reviews { nodes { id } }",
    "Query.reviews hidden": "reviews(filter: { status: HIDDEN }) { nodes { id } }",
    "Query.review": 'review(id: "$review") { id }',
    "Query.review hidden": 'review(id: "$hidden_review") { id }',
    "Query.cinemas": "cinemas { nodes { id } }",
    "Query.cinema": 'cinema(id: "$cinema_here") { id }',
    "Query.auditoriums": "auditoriums { nodes { id } }",
    "Query.auditorium": 'auditorium(id: "$auditorium") { id }',
    "Query.showtimes": "showtimes { nodes { id } }",
    "Query.showtime": 'showtime(id: "$showtime") { id }',
    "Query.order": 'order(id: "$order") { id }',
    "Query.order of a guest": 'order(id: "$guest_order") { id }',
    "Query.order with its token": 'order(id: "$guest_order", accessToken: "$access_token") { email }',
    "Query.order with another's token": 'order(id: "$order", accessToken: "$access_token") { id }',
    "Query.tickets": 'tickets(filter: { showtimeId: "$showtime" }) { nodes { id } }',
    "Query.waitlist": 'waitlist(showtimeId: "$sold_out") { nodes { id } }',
    "Query.ticket": 'ticket(id: "$ticket") { qrCode }',
    "Query.validateVoucher": 'validateVoucher(code: "$voucher") { code }',
    "Query.systemHealth": "systemHealth { id }",
    "Query.me": "me { id }",
    "Query.user": 'user(id: "$owner") { id }',
    "Query.users": "users { nodes { id } }",
}

MUTATIONS: Final[Mapping[str, str]] = {
    "trackEvent": 'type: MOVIE_VIEWED, movieId: "$movie"',
    "joinLoyalty": "",
    "redeemReward": 'rewardId: "$reward", idempotencyKey: "$new_key"',
    "createReward": 'name: "Reward $new_key", description: "One", cost: 5, kind: PERCENT, percent: 5',
    "adjustPoints": 'userId: "$owner", points: 1, reason: "The table", idempotencyKey: "$new_key"',
    "setMembershipPlan": 'userId: "$owner", plan: PREMIUM, reason: "The table"',
    "createMovie": 'title: "Film $new_key", synopsis: "One.", runtimeMinutes: 60, genres: ["Drama"],'
    ' certificate: "G", releaseDate: "1920-01-01", language: "es", directors: ["D. Irector"]',
    "updateMovie": 'movieId: "$movie", synopsis: "Another."',
    "archiveMovie": 'movieId: "$new_movie"',
    "markNotificationRead": 'notificationIds: ["$notification"]',
    "sendEmail": 'userId: "$owner", template: "no such", idempotencyKey: "$new_key"',
    "sendSms": 'userId: "$owner", template: "no such", idempotencyKey: "$new_key"',
    "payOrder": 'orderId: "$declined", paymentMethod: "pm_card_chargeDeclined", idempotencyKey: "$new_key"',
    "confirmPayment": 'paymentId: "$challenged"',
    "refundPayment": 'paymentId: "$payment", amount: { amount: "9999.00", currency: PEN },'
    ' reason: "The table", idempotencyKey: "$new_key"',
    "createReview": 'movieId: "$hidden_movie", rating: 9, title: "Good", body: "So."',
    "updateReview": 'reviewId: "$review", rating: 5',
    "voteReview": 'reviewId: "$review", vote: HELPFUL',
    "moderateReview": 'reviewId: "$review", status: PUBLISHED, reason: "The table"',
    "createCinema": 'name: "Cinema", city: "Lima", address: "Av. Sol 2", timeZone: "America/Lima",'
    " currency: PEN",
    "createAuditorium": 'cinemaId: "$cinema_here", name: "$new_key", rows: [{ label: "A", seats: 5 }]',
    "createShowtime": 'movieId: "$movie", auditoriumId: "$auditorium", startsAt: "$new_time",'
    ' basePrice: { amount: "10.00", currency: PEN }, language: "es"',
    "rescheduleShowtime": 'showtimeId: "$new_showtime", startsAt: "$new_time"',
    "cancelShowtime": 'showtimeId: "$new_showtime", reason: "The table"',
    "joinWaitlist": 'showtimeId: "$empty", seats: 1, email: "guest@example.com"',
    "leaveWaitlist": 'entryId: "$new_entry"',
    "holdSeats": 'showtimeId: "$empty", seatIds: ["$new_seat"]',
    "holdSeats of another": 'showtimeId: "$showtime", seatIds: ["$held_seat"], holdToken: "$hold"',
    "extendHold": 'holdToken: "$hold"',
    "releaseHold": 'holdToken: "$new_hold"',
    "placeOrder": 'holdToken: "$new_hold", email: "guest@example.com", idempotencyKey: "$new_key"',
    "cancelOrder": 'orderId: "$new_order", reason: "The table", idempotencyKey: "$new_key"',
    "checkInTicket": 'qrCode: "$qr", gate: "1", nonce: "$new_key"',
    "undoCheckIn": 'ticketId: "$ticket", reason: "The table"',
    "reseatTicket": 'ticketId: "$ticket", seatId: "$held_seat", reason: "The table",'
    ' idempotencyKey: "$new_key"',
    "blockSeats": 'showtimeId: "$showtime", seatIds: ["$held_seat"], blocked: true, reason: "The table"',
    "registerUser": 'name: "N", email: "n@example.com", password: "short"',
    "login": 'email: "owner@example.com", password: "a quiet evening"',
    "refreshSession": 'refreshToken: "$new_refresh_token"',
    "logout": "",
    "updateUser": "locale: ES",
    "changePassword": 'currentPassword: "a quiet evening", newPassword: "short"',
    "setUserRole": 'userId: "$new_user", role: BOX_OFFICE, cinemaIds: ["$cinema_here"], reason: "The table"',
    "exportMyData": "",
    "eraseMyAccount": 'password: "not this one"',
}
NO_INPUT: Final = frozenset({"joinLoyalty", "exportMyData"})
SHOWN: Final[Mapping[str, str]] = {"markNotificationRead": "notifications { id }"}
"""The selections of a payload that show the owner of the object."""

SUBSCRIPTIONS: Final[Mapping[str, str]] = {
    "Subscription.notificationReceived": "notificationReceived { id }",
    "Subscription.seatMapChanged": 'seatMapChanged(showtimeId: "$showtime") { version }',
    "Subscription.orderUpdated": 'orderUpdated(orderId: "$order") { id }',
    "Subscription.orderUpdated of a guest": 'orderUpdated(orderId: "$guest_order") { id }',
    "Subscription.orderUpdated with its token": (
        'orderUpdated(orderId: "$guest_order", accessToken: "$access_token") { id }'
    ),
}

OF_OWNER: Final = 'review(id: "$review") { author { %s } }'
OF_SHOWTIME: Final = 'showtime(id: "$showtime") { %s }'
FIELDS: Final[Mapping[str, tuple[str, str, str]]] = {
    # The field: the way to it at the router, the thing it belongs to, and what is selected.
    "User.id": (OF_OWNER, "owner", "id"),
    "User.name": (OF_OWNER, "owner", "name"),
    "User.email": (OF_OWNER, "owner", "email"),
    "User.phone": (OF_OWNER, "owner", "phone"),
    "User.role": (OF_OWNER, "owner", "role"),
    "User.locale": (OF_OWNER, "owner", "locale"),
    "User.createdAt": (OF_OWNER, "owner", "createdAt"),
    "User.sessions": (OF_OWNER, "owner", "sessions { id }"),
    "User.reviews": (OF_OWNER, "owner", "reviews { nodes { id } }"),
    "User.behavior": (OF_OWNER, "owner", "behavior { orders }"),
    "User.membership": (OF_OWNER, "owner", "membership { id }"),
    "User.notifications": (OF_OWNER, "owner", "notifications { nodes { id } }"),
    "User.emails": (OF_OWNER, "owner", "emails { nodes { id } }"),
    "User.payments": (OF_OWNER, "owner", "payments { nodes { id } }"),
    "User.orders": (OF_OWNER, "owner", "orders { nodes { id } }"),
    "User.tickets": (OF_OWNER, "owner", "tickets { nodes { id } }"),
    "User.waitlist": (OF_OWNER, "owner", "waitlist { id }"),
    "Movie.myReview": ('movie(id: "$movie") { %s }', "movie", "myReview { id }"),
    "Movie.myTickets": ('movie(id: "$movie") { %s }', "movie", "myTickets { id }"),
    "Movie.metrics": ('movie(id: "$movie") { %s }', "movie", "metrics { views }"),
    "Showtime.seatMap": (OF_SHOWTIME, "showtime", "seatMap { version }"),
    "Showtime.cancellation": ('showtime(id: "$cancelled") { %s }', "cancelled", "cancellation { reason }"),
    "Bookable.occupancy": (OF_SHOWTIME, "showtime", "occupancy { sold }"),
    "Bookable.sales": (OF_SHOWTIME, "showtime", "sales { orders }"),
    "Bookable.sales of a cinema": ('cinema(id: "$cinema_here") { %s }', "cinema_here", "sales { orders }"),
    "Order.payment": ('order(id: "$order") { %s }', "order", "payment { id }"),
    "Order.email": ('order(id: "$guest_order") { %s }', "guest_order", "email"),
    "Order.tickets": ('order(id: "$guest_order") { %s }', "guest_order", "tickets { id }"),
    **{
        f"SystemHealth.{name}": ("systemHealth { %s }", "system", f"{name} {{ status }}")
        for name in (
            "analytics", "loyalty", "movies", "notifications", "payments", "reviews", "showtimes", "tickets",
            "users",
        )
    },
}  # fmt: skip

ENTITIES: Final[Mapping[str, tuple[str, str]]] = {
    # What a subgraph shows of a thing that is known by its id alone.
    "Auditorium": ("auditorium", "name"),
    "Cinema": ("cinema_here", "name"),
    "Membership": ("membership", "points"),
    "Movie": ("movie", "title"),
    "Notification": ("notification", "title"),
    "Order": ("order", "number"),
    "Payment": ("payment", "status"),
    "Review": ("review", "title"),
    "Review hidden": ("hidden_review", "title"),
    "Reward": ("reward", "name"),
    "Seat": ("held_seat", "status"),
    "Showtime": ("showtime", "startsAt"),
    "Ticket": ("ticket", "qrCode"),
    "User": ("owner", "name"),
}
