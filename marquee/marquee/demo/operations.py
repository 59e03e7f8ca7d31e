"""The GraphQL operations that demo data are made with: the same that any client may send."""

LOGIN = "mutation ($input: LoginInput!) { login(input: $input) { accessToken errors { code } } }"
REGISTER = """mutation ($input: RegisterUserInput!) {
  registerUser(input: $input) { user { id } accessToken errors { code message } } }"""
STAFF = '{ users(first: 100, filter: { text: "@marquee.test" }) { nodes { email } } }'
HOUSES = "{ cinemas(first: 100) { nodes { id name auditoriums { id name } } } }"
CREATE_CINEMA = """mutation ($input: CreateCinemaInput!) {
  createCinema(input: $input) { cinema { id } errors { code message } } }"""
CREATE_AUDITORIUM = """mutation ($input: CreateAuditoriumInput!) {
  createAuditorium(input: $input) { auditorium { id } errors { code message } } }"""
MOVIES = "{ movies(first: 100, filter: { status: null }) { nodes { id title } } }"
CREATE_MOVIE = """mutation ($input: CreateMovieInput!) {
  createMovie(input: $input) { movie { id } errors { code message } } }"""
SHOWTIMES = """query ($filter: ShowtimeFilter!, $after: String) {
  showtimes(first: 100, after: $after, filter: $filter) {
    nodes { id startsAt auditorium { id } } pageInfo { hasNextPage endCursor } } }"""
CREATE_SHOWTIME = """mutation ($input: CreateShowtimeInput!) {
  createShowtime(input: $input) { showtime { id } errors { code message } } }"""
REWARDS = "{ rewards(first: 100) { nodes { name } } }"
CREATE_REWARD = """mutation ($input: CreateRewardInput!) {
  createReward(input: $input) { reward { id } errors { code message } } }"""
REVIEW = """mutation ($input: CreateReviewInput!) {
  createReview(input: $input) { review { id } errors { code message } } }"""
JOIN = "mutation { joinLoyalty { membership { tier } errors { code message } } }"
BEST = "query ($id: ID!, $count: Int!) { showtime(id: $id) { bestAvailable(count: $count) { id } } }"
HOLD = """mutation ($input: HoldSeatsInput!) {
  holdSeats(input: $input) { hold { token } errors { code message } } }"""
PLACE = """mutation ($input: PlaceOrderInput!) {
  placeOrder(input: $input) { order { id } errors { code message } } }"""
PAY = """mutation ($input: PayOrderInput!) {
  payOrder(input: $input) { payment { status } errors { code message } } }"""
